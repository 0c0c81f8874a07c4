import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** What `node --cpu-prof` writes for one thread. */
const Profile = z.object({
  nodes: z.array(
    z.object({ id: z.number(), callFrame: z.object({ functionName: z.string(), url: z.string() }) }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

/** Where the time of a thread went: shares of the whole, greatest first. */
export async function shares(file: string, count = 8): Promise<{ where: string; share: number }[]> {
  const { nodes, samples, timeDeltas } = Profile.parse(JSON.parse(await readFile(file, 'utf8')));
  const places = new Map(
    nodes.map(({ id, callFrame: { functionName, url } }) => [
      id,
      `${functionName || '(anonymous)'} ${placeOf(url)}`,
    ]),
  );
  const times = new Map<string, number>();
  let total = 0;
  for (const [i, sample] of samples.entries()) {
    const place = places.get(sample) ?? '?';
    const time = timeDeltas[i] ?? 0;
    times.set(place, (times.get(place) ?? 0) + time);
    total += time;
  }
  return Array.from(times, ([where, time]) => ({ where: where.trim(), share: time / total }))
    .toSorted((a, b) => b.share - a.share)
    .slice(0, count);
}

/** The file within the project or the package. */
function placeOf(url: string): string {
  const [, inPackage] = /node_modules\/(.+)$/.exec(url) ?? [];
  return inPackage ?? url.split('/').slice(-2).join('/');
}
