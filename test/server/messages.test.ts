import { afterAll, beforeAll, expect, it } from 'vitest';
import { messageReaders, type MessageReader } from '../../scripts/server/message-readers.ts';
import { fuzzMessages } from '../../scripts/server/messages.ts';

let readers: MessageReader[];

beforeAll(async () => {
  readers = await messageReaders();
});
afterAll(async () => {
  for (const reader of readers) await reader.close();
});

it.each(['server', 'events at the server', 'kiosk socket', 'answer of a server', 'screen'])(
  'the reader "%s" answers whatever it is sent, in little memory',
  async (name) => {
    const reader = readers.find((each) => each.name === name)!;
    const { answers, before, after, peak } = await fuzzMessages(reader, { messages: 400, seed: 1 });
    expect(Object.keys(answers)).toContain('taken');
    expect(Object.keys(answers).length).toBeGreaterThan(1);
    expect(after - before).toBeLessThan(20);
    expect(peak).toBeLessThan(400);
  },
);
