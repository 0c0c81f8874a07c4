import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron as electron, type ElectronApplication, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KioskBridge, KioskChannel } from '#contract';
import { portrait } from '../../core/recognition/testing/images.ts';
import { build } from '../../scripts/build/build.ts';
import { NEVER_COMES_MS } from '../../scripts/test/limits.ts';
import { setupCodeIn } from '../support/appliance.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PIN = '271828';

/** The binary that `electron` fetched when it was first used, or null. */
function findBinary(): string | null {
  const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  const override = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  const note = join(folder, 'path.txt');
  if (!override && !existsSync(note)) return null;
  const file = override ? join(override, 'electron') : join(folder, 'dist', readFileSync(note, 'utf8'));
  return existsSync(file) ? file : null;
}

const binary = findBinary();

/** Why this suite cannot run on this machine, or null. */
function whyNotRun(): string | null {
  if (binary === null) return 'Electron’s binary is not installed';
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) {
    return 'there is no display';
  }
  if (process.getuid?.() === 0) return 'Electron’s sandbox does not run as root';
  return null;
}

const reason = whyNotRun();
if (reason !== null) console.log(`The Electron suite was not run: ${reason}.`);

describe.skipIf(reason !== null)(`Electron${reason === null ? '' : ` (not run: ${reason})`}`, () => {
  let dir: string;
  let app: ElectronApplication;
  let page: Page;
  let output = '';

  beforeAll(async () => {
    await build(['renderer', 'main', 'preload']);
    dir = await mkdtemp(join(tmpdir(), 'lintel-electron-'));
    app = await electron.launch({
      executablePath: binary!,
      timeout: NEVER_COMES_MS,
      args: [
        '--use-fake-device-for-media-stream',
        ROOT,
        '--fake-camera',
        '--data',
        join(dir, 'data'),
        `--user-data-dir=${dir}/profile`,
      ],
      env: {
        ...(process.env as Record<string, string>),
        LINTEL_KEY_FILE: join(dir, 'key'),
        LINTEL_DEBUGGING: 'on',
      },
    });
    // The code is printed before the window is opened.
    app.process().stdout?.on('data', (chunk: Buffer) => void (output += chunk.toString()));
    page = await app.firstWindow({ timeout: NEVER_COMES_MS });
    page.setDefaultTimeout(NEVER_COMES_MS);
    await page.waitForLoadState();
  });
  afterAll(async () => {
    await app?.close();
    await rm(dir, { recursive: true, force: true });
  });

  const ask = async (channel: string, input: unknown = {}): Promise<unknown> =>
    await page.evaluate(
      async ([channel, input]) => {
        const { lintel } = globalThis as unknown as { lintel: KioskBridge };
        return await lintel.invoke(channel as KioskChannel, input);
      },
      [channel, input] as const,
    );

  it('shows our page in one kiosk window', async () => {
    expect(page.url()).toBe('lintel://app/');
    expect(await page.title()).toBe('Lintel');
    expect(
      await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((w) => w.isKiosk())),
    ).toEqual([true]);
  });

  it('gives the page the bridge and nothing of Node or Electron', async () => {
    expect(
      await page.evaluate(() => {
        const scope = globalThis as Record<string, unknown>;
        return {
          bridge: Object.keys(scope['lintel'] as object).toSorted(),
          node: ['require', 'process', 'module', 'Buffer', 'global'].filter((name) => name in scope),
        };
      }),
    ).toEqual({ bridge: ['invoke', 'on'], node: [] });
  });

  it.runIf(process.platform === 'linux')('draws in a process that the kernel confines', async () => {
    const pid = await app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]!.webContents.getOSProcessId(),
    );
    // 2: system calls are filtered (seccomp-bpf).
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^Seccomp:\t2$/m);
  });

  it('answers over the contract and refuses what needs an operator', async () => {
    expect(await ask('appliance.status')).toMatchObject({ ok: true, value: { enrolledCount: 0 } });
    expect(await ask('people.list')).toMatchObject({ ok: false, error: { code: 'operator-required' } });
    expect(await ask('no.such.channel')).toMatchObject({ ok: false, error: { code: 'channel-unknown' } });
  });

  it('runs no script that was not served', async () => {
    expect(
      await page.evaluate(() => {
        const { document } = globalThis as unknown as {
          document: {
            createElement(name: string): { textContent: string };
            head: { append(node: unknown): void };
          };
        };
        const script = document.createElement('script');
        script.textContent = 'globalThis.injected = true';
        document.head.append(script);
        return 'injected' in globalThis;
      }),
    ).toBe(false);
  });

  it.each([
    ['https://example.com/', 'refused'],
    ['file:///etc/passwd', 'refused'],
    ['lintel://other/', 'refused'],
    ['lintel://app/%2e%2e/package.json', 404],
    ['lintel://app/models/face_landmarker.task', 200],
  ])('lets the page fetch %s: %s', async (url, outcome) => {
    expect(
      await page.evaluate(async (url) => {
        try {
          return (await fetch(url)).status;
        } catch {
          return 'refused';
        }
      }, url),
    ).toBe(outcome);
  });

  it('opens no window and leaves the page for nothing else', async () => {
    await page.evaluate(() => {
      const scope = globalThis as unknown as { open(url: string): unknown; location: { href: string } };
      scope.open('https://example.com/');
      scope.location.href = 'https://example.com/';
    });
    await page.waitForTimeout(500);
    expect(page.url()).toBe('lintel://app/');
    expect(app.windows()).toHaveLength(1);
  });

  it.each([
    [{ video: true }, 'granted'],
    [{ audio: true }, 'refused'],
    [{ video: true, audio: true }, 'refused'],
  ])('lets the page have %j: %s', async (constraints, outcome) => {
    expect(
      await page.evaluate(async (constraints) => {
        const { mediaDevices } = (
          globalThis as unknown as {
            navigator: {
              mediaDevices: {
                getUserMedia(constraints: object): Promise<{ getTracks(): { stop(): void }[] }>;
              };
            };
          }
        ).navigator;
        try {
          for (const track of (await mediaDevices.getUserMedia(constraints)).getTracks()) track.stop();
          return 'granted';
        } catch {
          return 'refused';
        }
      }, constraints),
    ).toBe(outcome);
  });

  it('enrols a person, refuses a picture of them, takes their code, and a reload signs the operator out', async () => {
    const face = [...(await portrait(3, 900, 50, 560, 700))];
    await ask('operator.set-pin', { pin: PIN, setupCode: setupCodeIn(output) ?? '' });
    await ask('operator.login', { pin: PIN });
    const result = await page.evaluate(async (bytes) => {
      const { lintel } = globalThis as unknown as { lintel: KioskBridge };
      const image = Uint8Array.from(bytes);
      const enrolled = (await lintel.invoke('people.enrol', {
        metadata: { name: 'Alice' },
        images: [image],
      })) as { value: { face: { faceId: string } } };
      const ticket = (await lintel.invoke('visit.begin', {})) as { value: { visitId: string } };
      const frames = [0, 100, 200].map((capturedAt) => ({
        image,
        capturedAt,
        moment: { kind: 'frontal' },
      }));
      const { faceId } = enrolled.value.face;
      const given = (await lintel.invoke('people.give-code', { faceId })) as { value: { code: string } };
      const { visitId } = ticket.value;
      await lintel.invoke('visit.frames', { visitId, from: 0, frames });
      return [
        await lintel.invoke('visit.submit', { visitId, frameCount: frames.length }),
        await lintel.invoke('visit.code', given.value),
      ];
    }, face);
    expect(result).toMatchObject([
      { ok: true, value: { outcome: 'denied', person: null } },
      { ok: true, value: { outcome: 'granted', reasons: ['code'], person: { name: 'Alice' } } },
    ]);
    expect(await ask('people.list')).toMatchObject({ ok: true, value: { total: 1 } });
    await page.reload();
    expect(await ask('people.list')).toMatchObject({ ok: false, error: { code: 'operator-required' } });
  });
});
