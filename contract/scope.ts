import { z } from 'zod';

/** What a key may do. `read` looks things up, `write` changes faces and keys, `admin` changes collections. */
export const Scope = z.enum(['read', 'write', 'admin']);
export type Scope = z.infer<typeof Scope>;
