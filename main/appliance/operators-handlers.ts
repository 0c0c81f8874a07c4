import { z } from 'zod';
import { AuditRecord, CollectionId, FaceId } from '#contract';
import type { Collaborators } from './collaborators.ts';
import type { HandlersOf } from './dispatcher.ts';
import { faceIfThere } from './own-collection.ts';

/** Lines of the audit log in one answer. */
const PAGE = 100;

/** An entry about a face; that of a visit is about the collection which the screen recognises. */
const OfFace = z.looseObject({ faceId: FaceId, collectionId: CollectionId.optional() });

/** Who operates the appliance, and what the audit log says of them. */
export function operatorsHandlers({
  operator,
  engine,
  settings,
}: Collaborators): HandlersOf<'operators' | 'audit'> {
  const list = async () => ({ operators: await operator.list() });
  /** The log has no names: what it says of somebody means nothing once they are erased. */
  const nameOf = async (entry: AuditRecord['entry']): Promise<string | null> => {
    const about = OfFace.safeParse(entry);
    if (!about.success) return null;
    const { collectionId = settings.current.collectionId, faceId } = about.data;
    const face = await faceIfThere(engine.gallery, collectionId, faceId);
    return face && (face.metadata.name ?? face.externalKey);
  };
  return {
    'operators.list': list,
    'operators.add': async ({ name, role, pin }) => {
      await operator.add(name, role, pin);
      return await list();
    },
    'operators.set-role': async ({ operatorId, role }) => {
      await operator.setRole(operatorId, role);
      return await list();
    },
    'operators.set-pin': async ({ operatorId, pin }) => {
      await operator.replacePin(operatorId, pin);
      return await list();
    },
    'operators.remove': async ({ operatorId }) => {
      await operator.remove(operatorId);
      return await list();
    },

    'audit.list': async ({ before }) => {
      const { audit } = engine.store;
      const end = before ?? (await audit.head()).n + 1;
      const lines = [];
      for await (const line of audit.lines(Math.max(0, end - 1 - PAGE))) {
        const { n, at, actor, entry } = AuditRecord.parse(JSON.parse(line));
        if (n >= end) break;
        const { kind, ...details } = entry;
        lines.push({ n, at, actor, kind, name: await nameOf(entry), details: JSON.stringify(details) });
      }
      return { lines: lines.toReversed() };
    },
  };
}
