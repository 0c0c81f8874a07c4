import type { Server } from '../support/server.ts';

/** What the conformance suites of all documented APIs share: one server, and pictures as JPEG files. */
export interface Place {
  readonly server: Server;
  readonly pictures: Readonly<Record<'robin' | 'robinAgain' | 'sasha' | 'kim' | 'landscape', Uint8Array>>;
}
