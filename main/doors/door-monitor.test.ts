import { describe, expect, it } from 'vitest';
import type { DoorReading, SiteEventKind } from '#contract';
import { createDoorMonitor } from './door-monitor.ts';

describe('the sensors', () => {
  type Step = ['pulse' | 'shut' | Partial<DoorReading> | null, number];
  const happens = (steps: Step[]): SiteEventKind[] => {
    const monitor = createDoorMonitor({ heldOpenMs: 20_000 });
    return steps.flatMap(([what, at]) => {
      if (what === null) return monitor.tick(at);
      if (typeof what === 'object')
        return monitor.read({ open: null, exit: null, tamper: null, ...what }, at);
      monitor.released(what === 'pulse', at);
      return [];
    });
  };
  const OPEN = { open: true };
  const SHUT = { open: false };
  it.each<[string, Step[], SiteEventKind[]]>([
    [
      'opened during a pulse',
      [
        [SHUT, 0],
        ['pulse', 1000],
        [OPEN, 2000],
        ['shut', 4000],
        [SHUT, 5000],
      ],
      [],
    ],
    [
      'opened at the last moment',
      [
        [SHUT, 0],
        ['pulse', 0],
        ['shut', 3000],
        [OPEN, 5000],
      ],
      [],
    ],
    [
      'opened too late',
      [
        [SHUT, 0],
        ['pulse', 0],
        ['shut', 3000],
        [OPEN, 5001],
      ],
      ['door-forced'],
    ],
    [
      'forced, then shut',
      [
        [SHUT, 0],
        [OPEN, 1000],
        [SHUT, 2000],
      ],
      ['door-forced', 'door-closed'],
    ],
    [
      'forced once',
      [
        [SHUT, 0],
        [OPEN, 1000],
        [OPEN, 2000],
      ],
      ['door-forced'],
    ],
    [
      'open from the start',
      [
        [OPEN, 0],
        [null, 19_999],
      ],
      [],
    ],
    [
      'open from the start for long',
      [
        [OPEN, 0],
        [null, 20_000],
        [null, 90_000],
      ],
      ['door-held-open'],
    ],
    [
      'shut after a long time',
      [
        [OPEN, 0],
        [null, 20_000],
        [SHUT, 30_000],
      ],
      ['door-held-open', 'door-closed'],
    ],
    [
      'held from the end of the pulse on',
      [
        [SHUT, 0],
        ['pulse', 0],
        [OPEN, 1000],
        ['shut', 9000],
        [null, 28_999],
      ],
      [],
    ],
    [
      'forced and held',
      [
        [SHUT, 0],
        [OPEN, 100],
        [null, 20_100],
      ],
      ['door-forced', 'door-held-open'],
    ],
    [
      'a sensor that falls silent',
      [
        [SHUT, 0],
        [{}, 1000],
        [OPEN, 2000],
      ],
      ['door-forced'],
    ],
    [
      'a person leaves',
      [
        [{ ...SHUT, exit: false }, 0],
        [{ exit: true }, 1000],
        [OPEN, 2000],
      ],
      ['exit-requested'],
    ],
    [
      'too late to leave',
      [
        [{ ...SHUT, exit: false }, 0],
        [{ exit: true }, 0],
        [OPEN, 2001],
      ],
      ['exit-requested', 'door-forced'],
    ],
    ['a button that is pressed at the start', [[{ exit: true }, 0]], []],
    [
      'the housing',
      [
        [{ tamper: false }, 0],
        [{ tamper: true }, 1],
        [{ tamper: true }, 2],
        [{ tamper: false }, 3],
      ],
      ['tamper', 'tamper-ended'],
    ],
    ['the housing at the start', [[{ tamper: true }, 0]], ['tamper']],
  ])('%s', (_, steps, expected) => {
    expect(happens(steps)).toEqual(expected);
  });
});
