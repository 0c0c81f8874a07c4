import { z } from 'zod';

const Named = z.object({ name: z.string().optional() });

/** The name in the JSON text of a face's metadata, or null. A database that seals them cannot look for it. */
export const nameIn = (metadata: string): string | null => Named.parse(JSON.parse(metadata)).name ?? null;
