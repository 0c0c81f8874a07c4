import { EventEmitter } from 'node:events';
import { WebSocket as Socket } from 'ws';
import {
  decodeMessage,
  encodeMessage,
  EventsTaken,
  Problem,
  Pushed,
  SYNC_MEDIA_TYPE,
  toErrorBody,
} from '../../contract/index.ts';
import { Devices } from '../../core/devices/index.ts';
import { serveKiosk } from '../../main/shell/kiosk-socket.ts';
import { connect, pair } from '../../main/sync/index.ts';
import { openSocketBridge } from '../../renderer/bridge/socket-bridge.ts';
import { ACCOUNT, MODEL, newFaceId, newReference, World } from '../../test/sync/world.ts';

/** A reader of messages of a party that is not trusted. */
export interface MessageReader {
  readonly name: string;
  /** A message that it would take now. @param which of its kinds, counting on and on */
  valid(which: number): Uint8Array;
  /** Hand it one. @returns how it answered; anything else that it throws is a fault of the reader */
  read(message: Uint8Array): Promise<string>;
  close(): Promise<void>;
}

/** A call to a server is remembered until it would have timed out. */
export const CALL_TIMEOUT_MS = 100;

const REPLICA_ID = `rep_${'1'.repeat(32)}`;

/** Every reader of MessagePack that there is, around the code that runs in the product. */
export async function messageReaders(): Promise<MessageReader[]> {
  const world = await World.create(0);
  const { code } = await new Devices(world.server.store).invite(ACCOUNT);
  const { deviceKey } = await pair(
    { origin: 'http://server', fetch: (url, init) => world.deliver(url, init) },
    { code, name: 'fuzz', publicKey: await world.server.store.audit.publicKey() },
  );
  return [
    server(world, deviceKey),
    eventsAtServer(world, deviceKey),
    kioskSocket(),
    answerOfServer(deviceKey),
    screen(),
  ];
}

/** The body of a push, as an appliance with a key sends it. */
function server(world: World, deviceKey: string): MessageReader {
  const all = operations();
  let applied = 0;
  return {
    name: 'server',
    valid(which) {
      const operation = { ...all[which % all.length], number: applied + 1 };
      return encodeMessage({ replicaId: REPLICA_ID, operations: [operation] });
    },
    read: (message) =>
      send(world, deviceKey, 'push', message, (body) => {
        const answer = Pushed.parse(body);
        applied = answer.applied;
        return answer.refused.some(({ number }) => number === applied) ? 'refused' : 'taken';
      }),
    close: () => world.close(),
  };
}

/** Events, as an appliance with a key sends them. */
function eventsAtServer(world: World, deviceKey: string): MessageReader {
  const event = {
    at: '2026-11-29T12:00:00.000Z',
    kind: 'decision',
    doorId: 'front',
    direction: null,
    outcome: 'granted',
    reasons: ['match'],
    level: 'steps',
    faceId: newFaceId(),
  };
  return {
    name: 'events at the server',
    valid: (which) =>
      encodeMessage({ events: [{ ...event, eventId: `evt_${which.toString(16).padStart(32, '0')}` }] }),
    read: (message) =>
      send(world, deviceKey, 'events', message, (body) =>
        EventsTaken.parse(body).refused > 0 ? 'refused' : 'taken',
      ),
    close: async () => undefined,
  };
}

/** @param describe its answer, where it took the message */
async function send(
  world: World,
  deviceKey: string,
  name: string,
  message: Uint8Array,
  describe: (body: unknown) => string,
): Promise<string> {
  const { statusCode, rawPayload, json } = await world.app.inject({
    method: 'POST',
    url: `/v1/sync/${name}`,
    headers: {
      authorization: `Device ${deviceKey}`,
      'content-type': SYNC_MEDIA_TYPE,
      'lintel-sync': '1',
    },
    payload: Buffer.from(message),
  });
  if (statusCode === 200) return describe(decodeMessage(rawPayload));
  if (statusCode >= 500) throw new Error(`answered ${statusCode}`);
  return Problem.parse(json()).code;
}

/** What a screen sends to its appliance. */
function kioskSocket(): MessageReader {
  let asked = 0;
  let closed = 0;
  const socket = Object.assign(new EventEmitter(), {
    OPEN: Socket.OPEN,
    readyState: Socket.CLOSING,
    send: () => undefined,
    close: () => void closed++,
  });
  serveKiosk(socket as unknown as Socket, {
    connect: () => ({
      handle: async () => {
        asked++;
        return { ok: true, value: null };
      },
      close: () => undefined,
    }),
  });
  const input = { collectionId: 'staff', images: [new Uint8Array(5000)], name: 'Robin' };
  return {
    name: 'kiosk socket',
    valid: (which) =>
      which % 2 === 0
        ? encodeMessage({ id: 1, channel: 'visit.begin', input: {} })
        : encodeMessage({ id: 2, channel: 'people.enrol', input }),
    async read(message) {
      const before = { asked, closed };
      socket.emit('message', Buffer.from(message), true);
      // The answer is sent, and the request is no longer under way.
      await new Promise(setImmediate);
      if (asked > before.asked) return 'taken';
      return closed > before.closed ? 'closed' : 'ignored';
    },
    async close() {
      socket.emit('close');
    },
  };
}

/** What a server answers to an appliance. */
function answerOfServer(deviceKey: string): MessageReader {
  let message: Uint8Array = new Uint8Array();
  const fetch = async () => new Response(Uint8Array.from(message));
  const address = { origin: 'http://server', fetch, timeoutMs: CALL_TIMEOUT_MS };
  const transport = connect(address, deviceKey, { protocols: [1], server: '' });
  return {
    name: 'answer of a server',
    valid: () => encodeMessage(changes()),
    async read(bytes) {
      message = bytes;
      const query = { replicaId: REPLICA_ID, cursor: 0, limit: 64, bytes: 1000, modelId: MODEL, wanted: [] };
      try {
        await transport.pull(query);
        return 'taken';
      } catch (error) {
        const { code } = toErrorBody(error);
        if (code === 'internal') throw error;
        return code;
      }
    },
    close: async () => undefined,
  };
}

/** What an appliance sends to its screen. After a message that makes no sense, the screen connects again. */
function screen(): MessageReader {
  let events = 0;
  let closed = 0;
  const lines: EventTarget[] = [];
  class Line extends EventTarget {
    static readonly OPEN = 1;
    readonly readyState = 1;
    constructor() {
      super();
      lines.push(this);
    }
    send(): void {}
    close(): void {
      closed++;
    }
  }
  const { WebSocket } = globalThis;
  Object.assign(globalThis, { WebSocket: Line });
  const faults: unknown[] = [];
  const noteFault = (error: unknown): void => void faults.push(error);
  process.on('uncaughtException', noteFault);
  openSocketBridge('ws://screen', () => undefined).on('visit.changed' as never, () => void events++);
  const reply = { ok: true, value: { people: [{ faceId: newFaceId(), name: 'Robin' }], total: 1 } };
  return {
    name: 'screen',
    valid: (which) =>
      which % 2 === 0
        ? encodeMessage({ type: 'event', event: 'visit.changed', body: { state: 'guide', points: [1] } })
        : encodeMessage({ type: 'reply', id: 7, reply }),
    async read(message) {
      const before = { events, closed };
      lines[0]!.dispatchEvent(new MessageEvent('message', { data: Uint8Array.from(message).buffer }));
      if (faults.length > 0) throw faults[0];
      if (events > before.events) return 'taken';
      return closed > before.closed ? 'closed' : 'ignored';
    },
    async close() {
      process.off('uncaughtException', noteFault);
      Object.assign(globalThis, { WebSocket });
    },
  };
}

function operations(): { kind: string; body: unknown }[] {
  const face = record();
  const place = { collectionId: face.collectionId, faceId: face.faceId };
  return [
    { kind: 'collection-created', body: { collectionId: 'staff', description: null } },
    { kind: 'face-added', body: { face } },
    { kind: 'metadata-set', body: { ...place, metadata: { name: 'Robin' } } },
    { kind: 'metadata-set', body: { ...place, metadata: {}, edit: { name: null, groupsTaken: ['staff'] } } },
    { kind: 'external-key-set', body: { ...place, externalKey: 'E-1', allowDuplicates: false } },
    { kind: 'faces-deleted', body: { collectionId: 'staff', faceIds: [face.faceId] } },
  ];
}

function record() {
  const { template } = newReference();
  return {
    collectionId: 'staff',
    faceId: newFaceId(),
    externalKey: null,
    metadata: {},
    createdAt: new Date().toISOString(),
    references: [
      {
        uid: 'a'.repeat(32),
        quality: 0.9,
        source: 'camera',
        createdAt: new Date().toISOString(),
        templates: [{ modelId: MODEL, template: new Uint8Array(template.buffer) }],
        image: new Uint8Array(2000),
      },
    ],
  };
}

const changes = () => ({
  feedId: 'feed',
  applied: 0,
  cursor: 3,
  more: false,
  behind: false,
  collections: [{ collectionId: 'staff', description: null, gone: false }],
  faces: [record()],
  own: [],
  goneFaces: [newFaceId()],
  conflicts: [],
  goneConflicts: [],
});
