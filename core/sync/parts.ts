import type { Parts as StoreParts, SqlStore } from '#core/store';
import { FaceRecords } from './face-records.ts';
import { RemoteChanges } from './remote-changes.ts';

/** The tables of a store, and faces as they travel between stores. */
export interface Parts extends StoreParts {
  readonly records: FaceRecords;
  readonly remote: RemoteChanges;
}

export function partsOf({ parts }: SqlStore): Parts {
  const withRecords = { ...parts, records: new FaceRecords(parts) };
  return { ...withRecords, remote: new RemoteChanges(withRecords) };
}
