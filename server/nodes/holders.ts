import { createHash } from 'node:crypto';
import type { PartPlace } from '#core/gallery';
import type { ServerNode } from '#core/store';

/**
 * Which node holds each part of a collection: the one with the highest hash of its address and the part (rendezvous hashing,
 * Thaler and Ravishankar, 1998), so that when a node comes or goes little else moves than what it holds. Of one collection no
 * node holds more than its share of the parts: whoever has it gives way to the next.
 * @param nodes at least one
 */
export function holdersOf(
  nodes: readonly ServerNode[],
  { account, collectionId, of }: Omit<PartPlace, 'number' | 'modelId'>,
): readonly ServerNode[] {
  const share = Math.ceil(of / nodes.length);
  const held = new Map<ServerNode, number>();
  return Array.from({ length: of }, (_, part) => {
    const scored = nodes
      .filter((node) => (held.get(node) ?? 0) < share)
      .map((node) => ({ node, score: scoreOf(node, `${account}\n${collectionId}\n${part}`) }));
    const { node } = scored.reduce((best, each) => (each.score > best.score ? each : best));
    held.set(node, (held.get(node) ?? 0) + 1);
    return node;
  });
}

const scoreOf = ({ address }: ServerNode, name: string): bigint =>
  createHash('sha256').update(`${address}\n${name}`).digest().readBigUInt64BE();
