/**
 * The Electron shell. The numbers are those of Electron's security checklist
 * (https://www.electronjs.org/docs/latest/tutorial/security). Those not found below: 7 is `csp.ts`, 16 the pinned
 * version in `package.json`, 19 the fuses in `electron-builder.yml`.
 */
import { join } from 'node:path';
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  powerSaveBlocker,
  protocol,
  safeStorage,
  session as sessions,
  type Session,
  type WebContents,
} from 'electron';
import { toErrorBody, type ModelChoice } from '#contract';
import { headsIn } from '#core/store';
import { openAppliance, type Appliance, type KioskConnection } from '../appliance/index.ts';
import { kekProviderFrom } from '../secrets/index.ts';
import type { Log } from '../process/index.ts';
import { listAssets, readAsset, type ResolveAsset } from '#core/assets';
import { SECURITY_HEADERS } from './csp.ts';
import {
  confine,
  isOwnUrl,
  isPermitted,
  isTrustedSender,
  keepWindow,
  refuseDownloads,
  refusedSwitch,
  SCHEME,
  START_URL,
} from './electron-policy.ts';
import type { Layout } from './options.ts';
import { safeStorageKekProvider } from './safe-storage.ts';
import { newSetupCodeText } from './setup-code-text.ts';

const RELOAD_AFTER_CRASH_MS = 1_000;

export interface ElectronShellOptions {
  readonly dataDir: string;
  readonly layout: Layout;
  readonly set: ModelChoice;
  /** For development: take pictures of a made-up camera, unless the appliance is joined or locked down. */
  readonly fakeCamera: boolean;
  readonly forgetPin: boolean;
  /** The bundled preload. */
  readonly preload: string;
  readonly version: string;
  readonly log: Log;
}

/** Call while the main module is evaluated: the scheme and the sandbox must be settled before the app is ready. */
export async function runElectronShell(options: ElectronShellOptions): Promise<void> {
  // Better no screen than one without its protections. Some launchers add --no-sandbox where the sandbox cannot start.
  const refused = isUnderTest() ? null : refusedSwitch(process.argv);
  if (refused !== null || app.commandLine.hasSwitch('no-sandbox')) {
    options.log.fatal({ switch: refused ?? 'no-sandbox' }, 'refusing to run with this switch');
    return app.exit(1);
  }
  // One kiosk on one machine; a second start brings the first one to the front.
  if (!app.requestSingleInstanceLock()) return app.quit();
  app.enableSandbox(); // 4
  // Finding faces needs WebGL 2: drawn by the processor where there is no graphics card.
  app.commandLine.appendSwitch('enable-unsafe-swiftshader');
  app.commandLine.appendSwitch('autoplay-policy', 'no-user-gesture-required');
  // 18: a scheme of our own, with the rights of an ordinary secure origin.
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
  // 12, 13, 14, and 15: nothing here calls `shell.openExternal`.
  app.on('web-contents-created', (_event, contents) => confine(contents));
  await app.whenReady();
  try {
    await open(options);
  } catch (error) {
    options.log.fatal({ err: error }, 'cannot start');
    dialog.showErrorBox('Lintel', toErrorBody(error).message);
    app.exit(1);
  }
}

/** The suite drives the program of a checkout through a debugger; a package never lets one in. */
const isUnderTest = (): boolean => !app.isPackaged && process.env['LINTEL_DEBUGGING'] === 'on';

async function open(options: ElectronShellOptions): Promise<void> {
  const { dataDir, layout, set, forgetPin, fakeCamera, preload, version, log } = options;
  const resolveAsset = await listAssets(layout);
  // The keychain, unless the operator decided for a file: never silently less protection than asked for.
  const { LINTEL_KEY_FILE, LINTEL_PASSPHRASE_FILE } = process.env;
  const isDecided = Boolean(LINTEL_KEY_FILE || LINTEL_PASSPHRASE_FILE);
  const kekProvider = isDecided
    ? kekProviderFrom()
    : safeStorageKekProvider(safeStorage, process.platform, headsIn(join(app.getPath('userData'), 'heads')));
  const appliance = await openAppliance({
    dataDir,
    modelsDir: layout.modelsDir,
    set,
    kekProvider,
    version,
    log,
    camera: { allowFake: fakeCamera },
  });
  const isEnding = closeBeforeQuit(appliance);
  const setupCode = await newSetupCodeText(appliance, { forgetPin, log });
  if (setupCode !== null) process.stdout.write(`${setupCode}\n`);
  await appliance.setLockdown({ gaps: app.isPackaged ? [] : ['not-packaged'], policy: null });

  // Not persistent: cookies, caches and permissions stay in memory.
  const session = sessions.fromPartition('kiosk');
  serveAssets(session, resolveAsset);
  refuseDownloads(session);
  restrictPermissions(session);
  Menu.setApplicationMenu(null);
  powerSaveBlocker.start('prevent-display-sleep');

  carryContract(appliance);
  app.on('second-instance', () => BrowserWindow.getAllWindows()[0]?.focus());
  // Without a listener Electron ends with its last window.
  app.on('window-all-closed', () => undefined);
  keepWindow(() => openWindow(session, preload, log), isEnding);
}

function openWindow(session: Session, preload: string, log: Log): BrowserWindow {
  const window = new BrowserWindow({
    kiosk: true,
    backgroundColor: '#ffffff',
    webPreferences: {
      session,
      preload, // 20: exposes the kiosk contract, nothing of Electron
      sandbox: true, // 4
      contextIsolation: true, // 3
      nodeIntegration: false, // 2
      webSecurity: true, // 6
      allowRunningInsecureContent: false, // 8
      experimentalFeatures: false, // 9 (and 10: no enableBlinkFeatures)
      webviewTag: false, // 11
      spellcheck: false,
      devTools: isUnderTest(),
    },
  });
  const load = (): void =>
    void window.loadURL(START_URL).catch((error: unknown) => log.error({ err: error }, 'screen not loaded')); // 1: nothing but our own files
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    log.error({ reason }, 'screen crashed');
    setTimeout(() => {
      if (!window.isDestroyed()) load();
    }, RELOAD_AFTER_CRASH_MS);
  });
  load();
  return window;
}

/** 7, 18 */
function serveAssets(session: Session, resolveAsset: ResolveAsset): void {
  session.protocol.handle(SCHEME, async (request) => {
    const asset = isOwnUrl(request.url) ? resolveAsset(new URL(request.url).pathname) : null;
    if (asset === null) return new Response('Not found.', { status: 404, headers: SECURITY_HEADERS });
    return new Response(new Uint8Array(await readAsset(asset)), {
      headers: { ...SECURITY_HEADERS, 'content-type': asset.contentType },
    });
  });
}

/** 5 */
function restrictPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, callback, details) => {
    const mediaTypes = 'mediaTypes' in details ? (details.mediaTypes ?? []) : [];
    callback(isPermitted(permission, details.requestingUrl, mediaTypes));
  });
  session.setPermissionCheckHandler((_contents, permission, requestingOrigin, { mediaType }) =>
    isPermitted(permission, requestingOrigin, [mediaType]),
  );
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_request, callback) => callback({}));
}

/** The kiosk contract over IPC. Each load of the page is a connection of its own, so a reload signs the operator out. */
function carryContract(appliance: Appliance): void {
  const connections = new Map<WebContents, KioskConnection>();
  app.on('web-contents-created', (_created, contents) => {
    const connect = (): void => {
      connections.get(contents)?.close();
      const connection = appliance.connect((event, body) => {
        if (!contents.isDestroyed()) contents.send('lintel:event', event, body);
      });
      connections.set(contents, connection);
    };
    connect();
    contents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) connect();
    });
    contents.on('destroyed', () => {
      connections.get(contents)?.close();
      connections.delete(contents);
    });
  });
  ipcMain.handle('lintel:invoke', (event, channel: unknown, input: unknown) => {
    const connection = connections.get(event.sender);
    if (connection === undefined || !isTrustedSender(event.senderFrame)) throw new Error('Not allowed.'); // 17
    return connection.handle(String(channel), input);
  });
}

/** @returns whether the whole program is ending, and not only its window */
function closeBeforeQuit(appliance: Appliance): () => boolean {
  let state: 'running' | 'closing' | 'closed' = 'running';
  app.on('before-quit', (event) => {
    if (state === 'closed') return;
    event.preventDefault();
    if (state === 'closing') return;
    state = 'closing';
    void appliance.close().finally(() => {
      state = 'closed';
      app.quit();
    });
  });
  return () => state !== 'running';
}
