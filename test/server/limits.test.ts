import { once } from 'node:events';
import { expect, it } from 'vitest';
import { newInstallation } from '../support/appliance.ts';
import { portraits, startServer, type RunningServer } from '../support/server.ts';

/** Sends a request as often as said, all at once. @returns how many were answered with each status */
async function send(times: number, url: string, init: () => RequestInit): Promise<Record<number, number>> {
  const statuses: Record<number, number> = {};
  await Promise.all(
    Array.from({ length: times }, async () => {
      const { status } = await fetch(url, init());
      statuses[status] = (statuses[status] ?? 0) + 1;
    }),
  );
  return statuses;
}

it('limits and counts go on where they were when the server is killed', async () => {
  const installation = await newInstallation();
  let server: RunningServer = await startServer(installation);
  const headers = { 'content-type': 'application/json' };
  const registration = { method: 'POST', headers, body: JSON.stringify({ email: 'a@b.example', name: 'x' }) };
  const registered = await fetch(`${server.origin}/api/v1/register`, registration);
  const { api_key: key } = (await registered.json()) as { api_key: string };
  const { robin } = await portraits();
  const image = new Blob([Buffer.from(robin, 'base64')]);
  const authorization = `Bearer ${key}`;
  const list = (times: number) =>
    send(times, `${server.origin}/v1/users`, () => ({ headers: { authorization } }));
  const compare = (times: number, picture: Blob) =>
    send(times, `${server.origin}/api/v1/match`, () => {
      const body = new FormData();
      body.append('image1', picture, 'a.jpg');
      body.append('image2', picture, 'b.jpg');
      return { method: 'POST', headers: { authorization }, body };
    });
  const usage = async (): Promise<unknown> => {
    const answer = await fetch(`${server.origin}/api/v1/usage/${key}`, { headers: { authorization } });
    return ((await answer.json()) as { usage: unknown }).usage;
  };

  expect(await list(4)).toEqual({ 200: 4 });
  expect(await compare(3, image)).toEqual({ 200: 3 });
  // Refused as soon as its pictures are looked at, and counted all the same.
  expect(await compare(60, new Blob(['x']))).toEqual({ 400: 60 });
  server.process.kill('SIGKILL');
  await once(server.process, 'exit');
  server = await startServer(installation);

  expect(await usage()).toMatchObject({ monthly_calls: 3, total_calls: 3 });
  expect(await list(20)).toEqual({ 200: 6, 429: 14 });
  expect(await compare(200, new Blob(['x']))).toEqual({ 400: 37, 429: 163 });
  await server.stop();
  await installation.remove();
});
