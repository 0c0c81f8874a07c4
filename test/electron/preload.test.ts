import { readFile } from 'node:fs/promises';
import { createContext, runInContext, type Context } from 'node:vm';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KioskBridge } from '#contract';
import { build } from '../../scripts/build/build.ts';

type Listener = (event: unknown, ...args: unknown[]) => void;

const file = new URL('../../dist/preload/index.cjs', import.meta.url);

let required: string[];
let exposed: Record<string, unknown>;
let invoked: unknown[][];
let listeners: Map<string, Set<Listener>>;
let bridge: KioskBridge;
let scope: Context;

beforeAll(async () => await build(['preload']));

/** Runs the bundle as a sandboxed preload is run: no Node, and `require` for Electron alone. */
beforeEach(async () => {
  required = [];
  exposed = {};
  invoked = [];
  listeners = new Map();
  const electron = {
    contextBridge: {
      exposeInMainWorld: (name: string, value: unknown) => (exposed[name] = value),
      executeInMainWorld: ({ func }: { func: () => unknown }) => func(),
    },
    ipcRenderer: {
      invoke: async (...args: unknown[]) => void invoked.push(args),
      on: (channel: string, listener: Listener) =>
        listeners.set(channel, (listeners.get(channel) ?? new Set()).add(listener)),
      off: (channel: string, listener: Listener) => listeners.get(channel)?.delete(listener),
    },
  };
  const require = (name: string): unknown => {
    required.push(name);
    return electron;
  };
  scope = createContext({ require, module: {}, exports: {}, print: () => 'printed' });
  runInContext(await readFile(file, 'utf8'), scope);
  bridge = exposed['lintel'] as KioskBridge;
});

const emit = (name: string, body: unknown): void =>
  listeners.get('lintel:event')?.forEach((listener) => listener({ sender: 'secret' }, name, body));

describe('the preload bundle', () => {
  it('needs Electron only and exposes the bridge only', () => {
    expect(new Set(required)).toEqual(new Set(['electron']));
    expect(Object.keys(exposed)).toEqual(['lintel']);
    expect(Object.keys(bridge).toSorted()).toEqual(['invoke', 'on']);
  });

  it('takes printing away for good', () => {
    expect(runInContext('print(); globalThis.print = () => 1; print()', scope)).toBeUndefined();
  });

  it('passes a request on over one channel, and no more than a name and an input', async () => {
    await (bridge.invoke as (...args: unknown[]) => Promise<unknown>)('visit.begin', {}, 'more');
    expect(invoked).toEqual([['lintel:invoke', 'visit.begin', {}]]);
  });

  it('passes on the body of the event asked for, nothing of IPC, until told to stop', () => {
    const seen: unknown[][] = [];
    const stop = bridge.on('operator.signed-out', (...args) => void seen.push(args));
    emit('appliance.status-changed', 1);
    emit('operator.signed-out', 2);
    expect(seen).toEqual([[2]]);
    stop();
    emit('operator.signed-out', 3);
    expect(seen).toHaveLength(1);
    expect(listeners.get('lintel:event')?.size).toBe(0);
  });
});
