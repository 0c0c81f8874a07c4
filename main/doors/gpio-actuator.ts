import type { ActuatorConfig, DoorReading } from '#contract';
import { polling, SENSORS, type Actuator } from './actuator.ts';
import { runProgram, startProgram, type RunningProgram } from './command-actuator.ts';

const LEVELS: Readonly<Record<string, boolean>> = { '1': true, '0': false };

/** Of libgpiod 2, as Debian 13 packages it (`gpiod`). */
export const GPIO_TOOLS = { set: '/usr/bin/gpioset', get: '/usr/bin/gpioget' } as const;

/**
 * A relay at a line of this machine, through the tools of libgpiod: the kernel's character device, no driver of ours.
 * `gpioset` keeps the line only as long as it runs, and ends by itself after the pulse, also when Lintel was killed. Not run
 * on hardware.
 */
export function createGpioActuator(
  config: ActuatorConfig<'gpio'>,
  tools: typeof GPIO_TOOLS | { set: string; get: string } = GPIO_TOOLS,
): Actuator {
  const { chip, line, activeLow, open, exit, tamper, limitMs, pollMs } = config;
  const common = ['--chip', chip, ...(activeLow ? ['--active-low'] : [])];
  let held: RunningProgram | null = null;
  const lines = { open, exit, tamper };
  const sensors = SENSORS.filter((sensor) => lines[sensor] !== null);
  const wanted = sensors.flatMap((sensor) => lines[sensor] ?? []);

  const release = async (): Promise<void> => {
    await held?.kill();
    held = null;
  };
  return {
    // Active for `ms`, then inactive; a last period of 0 ends the program.
    open: async (ms, onLost = () => undefined) => {
      held = await startProgram([tools.set, ...common, '--toggle', `${ms}ms,0`, `${line}=active`], onLost);
    },
    close: async () => {
      await release();
      await runProgram([tools.set, ...common, '--toggle', '0', `${line}=inactive`], 0, limitMs);
    },
    ...(wanted.length > 0 && {
      watch: polling(
        pollMs,
        async () => {
          const printed = await runProgram(
            [tools.get, '--chip', chip, '--numeric', ...wanted.map(String)],
            0,
            limitMs,
          );
          const values = printed.trim().split(/\s+/);
          const read = (at: number | null): boolean | null =>
            at === null ? null : (LEVELS[values[wanted.indexOf(at)] ?? ''] ?? null);
          return {
            open: read(lines.open),
            exit: read(lines.exit),
            tamper: read(lines.tamper),
          } satisfies DoorReading;
        },
        sensors,
      ),
    }),
    end: release,
  };
}
