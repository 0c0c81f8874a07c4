import type { ModelSetName } from '#contract';
import type { KeyProvider } from '#core/store';
import { openAppliance } from '../appliance/index.ts';
import type { Log } from '../log.ts';
import { createAccess } from './access.ts';
import { listAssets } from './assets.ts';
import { findChromium, openScreen } from './chromium.ts';
import type { Layout } from './options.ts';
import { startKioskServer } from './server.ts';

export interface BrowserShellOptions {
  readonly dataDir: string;
  readonly layout: Layout;
  /** Which networks. Default: `default`. */
  readonly set?: ModelSetName;
  readonly version: string;
  readonly log: Log;
  readonly port?: number;
  /** Whether to open Chromium where that is possible. */
  readonly open?: boolean;
  readonly keyProvider?: KeyProvider;
  readonly workers?: number;
}

export interface BrowserShell {
  readonly origin: string;
  /** Why no browser was opened, or null when one was. */
  readonly notOpened: string | null;
  /** A new one-time address; the one before it is void. */
  newAddress(): string;
  close(): Promise<void>;
}

/** The appliance behind a loopback server, and Chromium in kiosk mode in front of it where there is a display. */
export async function startBrowserShell(options: BrowserShellOptions): Promise<BrowserShell> {
  const { layout, port = 0, open = true, ...applianceOptions } = options;
  const { log } = options;
  const resolveAsset = await listAssets(layout);
  const appliance = await openAppliance({ ...applianceOptions, modelsDir: layout.modelsDir });
  try {
    const access = createAccess();
    const server = await startKioskServer({ appliance, access, resolveAsset, port, log });
    const newAddress = (): string => `${server.origin}/?token=${access.issueToken()}`;
    const chromium = await findChromium();
    const notOpened = open ? whyNotOpen({ chromium, env: process.env, uid: process.getuid?.() }) : 'as asked';
    const screen = chromium !== null && notOpened === null ? openScreen({ chromium, newAddress, log }) : null;
    return {
      origin: server.origin,
      notOpened,
      newAddress,
      close: async () => {
        await screen?.close();
        await server.close();
        await appliance.close();
      },
    };
  } catch (error) {
    await appliance.close();
    throw error;
  }
}

interface Machine {
  readonly chromium: string | null;
  readonly env: NodeJS.ProcessEnv;
  readonly uid: number | undefined;
}

/** Why Chromium cannot be opened on this machine, in words for its administrator, or null. */
export function whyNotOpen({ chromium, env, uid }: Machine): string | null {
  if (!env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return 'there is no display (DISPLAY, WAYLAND_DISPLAY)';
  if (chromium === null) return 'Chromium is not installed (on Debian: apt install chromium)';
  if (uid === 0) return 'Chromium runs without its sandbox as root; start Lintel as an ordinary user';
  return null;
}
