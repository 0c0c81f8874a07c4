import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** A place on the screen, each 0 to 1. */
export type Place = readonly [x: number, y: number];

/** Where a finger goes down, where it goes, and where it lifts. */
export type Finger = readonly Place[];

/** A touch screen that an X server takes for a real one. */
export interface TouchScreen {
  /** Fingers that come down together, move over their places, stay for some milliseconds, and lift. */
  touch(fingers: readonly Finger[], holdMs?: number): Promise<void>;
  close(): void;
}

/** Messages of the driver `inputtest` of X.Org's server (its xf86-input-inputtest-protocol.h, version 1.1). */
const MESSAGE = { version: 0, sync: 1, touch: 6 } as const;
/** Bytes of a touch: two words of header, its finger and kind; which values follow, 64 of them, and 64 unaccelerated. */
const TOUCH = { size: 1056, mask: 20, values: 32 } as const;
/** Kinds of touch events (X Input Extension 2.2). */
const KIND = { begin: 18, update: 19, end: 20 } as const;
/** The driver's range of either axis. */
const AXIS_MAX = 0xffff;

/** Between two places, and how long each takes: a finger of some 300 milliseconds. */
const STEPS = 12;
const STEP_MS = 12;

/** @param path the socket of the driver */
export async function connectTouchScreen(path: string): Promise<TouchScreen> {
  const socket = connect(path);
  await once(socket, 'connect');
  const hello = Buffer.alloc(12);
  writeWords(hello, hello.length, MESSAGE.version);
  hello.writeUInt16LE(1, 8);
  hello.writeUInt16LE(1, 10);
  await ask(socket, hello);
  const sync = Buffer.alloc(8);
  writeWords(sync, sync.length, MESSAGE.sync);
  let next = 0;

  const send = (id: number, kind: number, [x, y]: Place): void => {
    const message = Buffer.alloc(TOUCH.size);
    writeWords(message, message.length, MESSAGE.touch, id, kind);
    message[TOUCH.mask] = 0b11;
    message.writeDoubleLE(x * AXIS_MAX, TOUCH.values);
    message.writeDoubleLE(y * AXIS_MAX, TOUCH.values + 8);
    socket.write(message);
  };
  return {
    touch: async (fingers, holdMs = 0) => {
      const ids = fingers.map(() => next++);
      const all = async (kind: number, placeOf: (finger: Finger) => Place): Promise<void> => {
        for (const [i, finger] of fingers.entries()) send(ids[i]!, kind, placeOf(finger));
        await ask(socket, sync);
      };
      await all(KIND.begin, ([first]) => first!);
      const legs = Math.max(...fingers.map(({ length }) => length)) - 1;
      for (let step = 1; step <= legs * STEPS; step++) {
        await pause(STEP_MS);
        await all(KIND.update, (finger) => between(finger, step / STEPS));
      }
      await pause(holdMs);
      await all(KIND.end, (finger) => finger.at(-1)!);
    },
    close: () => void socket.destroy(),
  };
}

/** @param at how many of its places a finger has left behind */
function between(finger: Finger, at: number): Place {
  const from = finger[Math.min(Math.floor(at), finger.length - 1)]!;
  const to = finger[Math.min(Math.floor(at) + 1, finger.length - 1)]!;
  const part = at % 1;
  return [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part];
}

const writeWords = (message: Buffer, ...words: number[]): void =>
  words.forEach((word, i) => message.writeUInt32LE(word, 4 * i));

/** Answered once the server has taken everything before. */
async function ask(socket: Socket, message: Buffer): Promise<void> {
  const answer = once(socket, 'data');
  socket.write(message);
  await answer;
}
