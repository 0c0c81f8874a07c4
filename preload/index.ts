import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron';
import type { KioskBridge } from '#contract';

// A kiosk prints nothing. Electron has no other way to refuse it.
contextBridge.executeInMainWorld({
  func: () => Object.defineProperty(globalThis, 'print', { value: () => undefined, writable: false }),
});

// Names and functions of our own only: no event object and nothing of ipcRenderer reaches the page.
contextBridge.exposeInMainWorld('lintel', {
  invoke: (channel, input) => ipcRenderer.invoke('lintel:invoke', channel, input),
  on: (event, listener) => {
    const relay = (_event: IpcRendererEvent, name: unknown, body: unknown): void => {
      if (name === event) listener(body);
    };
    ipcRenderer.on('lintel:event', relay);
    return () => void ipcRenderer.off('lintel:event', relay);
  },
} satisfies KioskBridge);
