import type { Import } from './imports.ts';

/** Folders and the imports between them. */
export interface Plan {
  readonly rooms: readonly string[];
  /** How many imports lead from one room to another; no room leads to itself. */
  readonly arrows: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/**
 * The plan of one floor: the folders directly in `folder`, or the top folders for the empty string. Files that lie in the
 * folder itself put its rooms together and have no room of their own.
 */
export function planOf(imports: readonly Import[], folder: string): Plan {
  const depth = folder === '' ? 0 : folder.split('/').length;
  const roomOf = (path: string): string | null => {
    const parts = path.split('/');
    return path.startsWith(folder) && parts.length > depth + 1 ? parts[depth]! : null;
  };
  const rooms = new Set<string>();
  const arrows = new Map<string, Map<string, number>>();
  for (const { from, to } of imports) {
    const [source, target] = [roomOf(from), roomOf(to)];
    if (source !== null) rooms.add(source);
    if (source === null || target === null || source === target) continue;
    const own = arrows.get(source) ?? new Map<string, number>();
    arrows.set(source, own.set(target, (own.get(target) ?? 0) + 1));
  }
  return { rooms: [...rooms].toSorted(), arrows };
}

/** A way from a room back to itself, or null: then all arrows lead one way. */
export function findCircle({ rooms, arrows }: Plan): string[] | null {
  const done = new Set<string>();
  const visit = (room: string, way: readonly string[]): string[] | null => {
    if (way.includes(room)) return [...way.slice(way.indexOf(room)), room];
    if (done.has(room)) return null;
    for (const next of arrows.get(room)?.keys() ?? []) {
      const circle = visit(next, [...way, room]);
      if (circle) return circle;
    }
    done.add(room);
    return null;
  };
  for (const room of rooms) {
    const circle = visit(room, []);
    if (circle) return circle;
  }
  return null;
}

/** A plan as a Mermaid flowchart. An arrow that a longer way implies is left out (transitive reduction), to be legible. */
export function drawPlan(plan: Plan): string {
  const { rooms, arrows } = plan;
  const reaches = (from: string, to: string): boolean =>
    [...(arrows.get(from)?.keys() ?? [])].some((next) => next === to || reaches(next, to));
  const lines = rooms.flatMap((room) => {
    const targets = [...(arrows.get(room)?.keys() ?? [])].toSorted();
    const direct = targets.filter(
      (target) => !targets.some((other) => other !== target && reaches(other, target)),
    );
    return direct.map((target) => `  ${room} --> ${target}`);
  });
  const linked = new Set(lines.flatMap((line) => line.trim().split(' --> ')));
  return [
    '```mermaid',
    'flowchart TD',
    ...rooms.filter((room) => !linked.has(room)).map((room) => `  ${room}`),
    ...lines,
    '```',
  ].join('\n');
}
