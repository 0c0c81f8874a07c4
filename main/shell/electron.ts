/**
 * The Electron shell. The numbers are those of Electron's security checklist
 * (https://www.electronjs.org/docs/latest/tutorial/security). Those not found below: 7 is `csp.ts`, 16 the pinned
 * version in `package.json`, 19 the fuses in `electron-builder.yml`.
 */
import { readFile } from 'node:fs/promises';
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
import { toErrorBody, type ModelSetName } from '#contract';
import { openAppliance, type Appliance, type KioskConnection } from '../appliance/index.ts';
import { keyProviderFrom } from '../keys.ts';
import type { Log } from '../log.ts';
import { listAssets, type ResolveAsset } from './assets.ts';
import { SECURITY_HEADERS } from './csp.ts';
import { isOwnUrl, isPermitted, isTrustedSender, SCHEME, START_URL } from './electron-policy.ts';
import type { Layout } from './options.ts';
import { safeStorageKeyProvider } from './safe-storage.ts';

const RELOAD_AFTER_CRASH_MS = 1_000;

export interface ElectronShellOptions {
  readonly dataDir: string;
  readonly layout: Layout;
  readonly set: ModelSetName;
  /** The bundled preload. */
  readonly preload: string;
  readonly version: string;
  readonly log: Log;
}

/** Call while the main module is evaluated: the scheme and the sandbox must be settled before the app is ready. */
export async function runElectronShell(options: ElectronShellOptions): Promise<void> {
  // Some launchers add this where the sandbox cannot start: better no screen than one without it.
  if (app.commandLine.hasSwitch('no-sandbox')) {
    options.log.fatal('refusing to run without the sandbox');
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

async function open({ dataDir, layout, set, preload, version, log }: ElectronShellOptions): Promise<void> {
  const resolveAsset = await listAssets(layout);
  // The keychain, unless the operator decided for a file: never silently less protection than asked for.
  const { LINTEL_KEY_FILE, LINTEL_PASSPHRASE_FILE } = process.env;
  const isDecided = Boolean(LINTEL_KEY_FILE || LINTEL_PASSPHRASE_FILE);
  const keyProvider = isDecided ? keyProviderFrom() : safeStorageKeyProvider(safeStorage);
  const appliance = await openAppliance({
    dataDir,
    modelsDir: layout.modelsDir,
    set,
    keyProvider,
    version,
    log,
  });
  closeBeforeQuit(appliance);

  // Not persistent: cookies, caches and permissions stay in memory.
  const session = sessions.fromPartition('kiosk');
  serveAssets(session, resolveAsset);
  restrictPermissions(session);
  Menu.setApplicationMenu(null);
  powerSaveBlocker.start('prevent-display-sleep');

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
      devTools: !app.isPackaged,
    },
  });
  app.on('second-instance', () => window.focus());
  app.on('window-all-closed', () => app.quit());
  carryContract(window.webContents, appliance);
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    log.error({ reason }, 'screen crashed');
    setTimeout(() => void window.loadURL(START_URL), RELOAD_AFTER_CRASH_MS);
  });
  await window.loadURL(START_URL); // 1: nothing but our own files
}

/** 12, 13, 14, and 15: nothing here calls `shell.openExternal`. */
function confine(contents: WebContents): void {
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => {
    if (!isOwnUrl(event.url)) event.preventDefault();
  });
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}

/** 7, 18 */
function serveAssets(session: Session, resolveAsset: ResolveAsset): void {
  session.protocol.handle(SCHEME, async (request) => {
    const asset = isOwnUrl(request.url) ? resolveAsset(new URL(request.url).pathname) : null;
    if (asset === null) return new Response('Not found.', { status: 404, headers: SECURITY_HEADERS });
    return new Response(new Uint8Array(await readFile(asset.file)), {
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
function carryContract(contents: WebContents, appliance: Appliance): void {
  const connect = (): KioskConnection =>
    appliance.connect((event, body) => {
      if (!contents.isDestroyed()) contents.send('lintel:event', event, body);
    });
  let connection = connect();
  contents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (!isMainFrame || isSameDocument) return;
    connection.close();
    connection = connect();
  });
  contents.on('destroyed', () => connection.close());
  ipcMain.handle('lintel:invoke', (event, channel: unknown, input: unknown) => {
    if (event.sender !== contents || !isTrustedSender(event.senderFrame)) throw new Error('Not allowed.'); // 17
    return connection.handle(String(channel), input);
  });
}

function closeBeforeQuit(appliance: Appliance): void {
  let closed = false;
  app.on('before-quit', (event) => {
    if (closed) return;
    event.preventDefault();
    void appliance.close().finally(() => {
      closed = true;
      app.quit();
    });
  });
}
