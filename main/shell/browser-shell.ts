import type { LockdownGap, ModelChoice } from '#contract';
import type { KekProvider } from '#core/store';
import { openAppliance } from '../appliance/index.ts';
import type { CameraWatchOptions } from '../camera/index.ts';
import type { Lockdown } from '../lockdown/index.ts';
import type { Log } from '../process/index.ts';
import { createAccess } from './access.ts';
import { listAssets } from '#core/assets';
import { findChromium, openScreen } from './chromium.ts';
import { managedPolicyDir, policyGaps } from '../deploy/index.ts';
import { keepSessionIn } from './kept-session.ts';
import type { Layout } from './options.ts';
import { createPageWatch } from './page-watch.ts';
import { userOfPeer } from './peer.ts';
import { serveInvitations } from './screen-socket.ts';
import { startKioskServer } from './server.ts';
import { newSetupCodeText } from './setup-code-text.ts';

export interface BrowserShellOptions {
  readonly dataDir: string;
  readonly layout: Layout;
  /** Which networks. Default: `default`. */
  readonly set?: ModelChoice;
  readonly version: string;
  readonly log: Log;
  readonly port?: number;
  /** Whether to forget the operator's PIN. */
  readonly forgetPin?: boolean;
  /** Whether to open Chromium where that is possible. */
  readonly open?: boolean;
  /** Where to give addresses to a screen of another user, instead of opening one. */
  readonly screenSocket?: string | undefined;
  /** Where the next launch finds which page is admitted, after a crash: in memory. */
  readonly sessionFile?: string | undefined;
  /** Where the browser finds its managed policy. Default: as it is built for. */
  readonly policyDir?: string;
  /** For development: take pictures of a made-up camera, unless the appliance is joined or locked down. */
  readonly fakeCamera?: boolean;
  /** Lists the cameras of the machine. Default: as the kernel does. */
  readonly devices?: CameraWatchOptions['devices'] | undefined;
  readonly kekProvider?: KekProvider;
  readonly workers?: number;
}

export interface BrowserShell {
  readonly origin: string;
  /** Why no browser was opened, or null when one was. */
  readonly notOpened: string | null;
  /** The text with the set-up code, or null: print it only where the machine's administrator reads it; see `newSetupCodeText`. */
  readonly setupCode: string | null;
  /** A new one-time address; the one before it is void. */
  newAddress(): string;
  /** As that of the appliance. */
  answers(): Promise<void>;
  close(): Promise<void>;
}

/** The appliance behind a loopback server, and Chromium in kiosk mode in front of it where there is a display. */
export async function startBrowserShell(options: BrowserShellOptions): Promise<BrowserShell> {
  const {
    layout,
    port = 0,
    open = true,
    forgetPin = false,
    screenSocket,
    sessionFile,
    policyDir,
    fakeCamera = false,
    devices,
    ...applianceOptions
  } = options;
  const { log } = options;
  const resolveAsset = await listAssets(layout);
  const appliance = await openAppliance({
    ...applianceOptions,
    modelsDir: layout.modelsDir,
    camera: { allowFake: fakeCamera, ...(devices && { devices }) },
  });
  try {
    const setupCode = await newSetupCodeText(appliance, { forgetPin, log });
    const { version } = options;
    const access = createAccess(sessionFile === undefined ? null : keepSessionIn(sessionFile, version, log));
    let lockdown: Lockdown = { gaps: ['opened-by-hand'], policy: null };
    const report = async (next: Lockdown): Promise<void> => {
      lockdown = next;
      await appliance.setLockdown(next);
    };
    const onRedeemed = (peerPort: number): Promise<void> =>
      reportPeer(peerPort).catch((error: unknown) => log.error({ err: error }, 'screen not known'));
    const pages = createPageWatch({ onBack: (goneMs) => void appliance.noteRecovery('page', goneMs) });
    if (access.isResumed) await appliance.noteRecovery('appliance');
    /** Of the page that connected last; 0 before the first. */
    let pagePort = 0;
    const server = await startKioskServer({
      appliance,
      access,
      resolveAsset,
      port,
      log,
      pages,
      onRedeemed,
      onPage: (of) => (pagePort = of),
    });
    const { origin } = server;
    const newAddress = (): string => `${origin}/?token=${access.issueToken()}`;
    /** An address for a browser that is opened again when its page is lost. */
    const addressOfScreen = (onLost: () => void): string => {
      pages.expect(() => {
        log.warn('the page is lost; the browser is opened again');
        onLost();
      });
      return newAddress();
    };
    /** The page of the launch before goes on. */
    const resumePage = async (onLost: () => void): Promise<void> => {
      pages.resume(() => {
        log.warn('the page did not go on; the browser is opened again');
        access.end();
        onLost();
      });
      if (pagePort !== 0) await onRedeemed(pagePort);
    };
    /** Who opened the page is asked of the kernel, and not of the page. */
    const reportPeer = async (peerPort: number): Promise<void> => {
      const user = await userOfPeer(peerPort, Number(new URL(origin).port));
      const isOther = user !== null && user !== 0 && user !== process.getuid?.();
      if (isOther || lockdown.gaps.includes('same-user') || lockdown.policy === null) return;
      await report({ ...lockdown, gaps: [...lockdown.gaps, 'same-user'] });
    };
    const chromium = await findChromium();
    const policy = chromium === null ? null : { folder: policyDir ?? managedPolicyDir(chromium), origin };
    const gapsOfPolicy = async (isObeyed: boolean): Promise<LockdownGap[]> => {
      if (policy === null) return ['policy-missing'];
      return [...(await policyGaps(policy.folder, origin)), ...(isObeyed ? [] : ['policy-ignored' as const])];
    };
    const notOpened = !open
      ? 'as asked'
      : screenSocket !== undefined
        ? 'the screen of another user asks for its address'
        : whyNotOpen({ chromium, env: process.env, uid: process.getuid?.() });
    const isOpened = chromium !== null && notOpened === null;
    if (isOpened) await report({ gaps: ['same-user', ...(await gapsOfPolicy(true))], policy });
    else await report(lockdown);
    const screen = isOpened ? openScreen({ chromium, newAddress: addressOfScreen, log }) : null;
    const endInvitations =
      screenSocket === undefined
        ? null
        : await serveInvitations(
            screenSocket,
            async ({ obeysPolicy, isOpen }, drop) => {
              await report({ gaps: await gapsOfPolicy(obeysPolicy), policy });
              if (!isOpen || !access.isResumed) return addressOfScreen(drop);
              await resumePage(drop);
              return null;
            },
            log,
          );
    return {
      origin,
      notOpened,
      setupCode,
      newAddress: () => {
        // The person who gets the address may open it with any browser.
        void report({ gaps: ['opened-by-hand'], policy: null }).catch((error: unknown) =>
          log.error({ err: error }, 'no status'),
        );
        return newAddress();
      },
      answers: () => appliance.answers(),
      close: async () => {
        pages.close();
        access.end();
        await screen?.close();
        await endInvitations?.();
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
