interface Known {
  /** Whose it is; null: everybody's. */
  readonly client: number | null;
  readonly collectionId: string;
  readonly externalKey: string | null;
}

/** What a server has acknowledged to its clients. */
export class Ledger {
  readonly #faces = new Map<string, Known>();
  readonly #enrolled = new Set<string>();
  readonly #deleted = new Set<string>();
  readonly #found = new Set<string>();
  acknowledged = 0;

  /** Those that must be there, with the collection and the key of each. */
  get faces(): ReadonlyMap<string, Known> {
    return this.#faces;
  }

  /** All whose enrolment was acknowledged ever. */
  get everybody(): ReadonlySet<string> {
    return this.#enrolled;
  }

  /** Faces that a search named and whose enrolment nobody acknowledged. */
  get unaccounted(): string[] {
    return [...this.#found].filter((faceId) => !this.#enrolled.has(faceId));
  }

  enrolled(client: number | null, faceId: string, collectionId: string): void {
    this.acknowledged++;
    if (this.#enrolled.has(faceId)) throw new Error(`${faceId} was enrolled twice.`);
    this.#enrolled.add(faceId);
    // Where another client has found and deleted it before this answer came.
    if (!this.#deleted.has(faceId)) this.#faces.set(faceId, { client, collectionId, externalKey: null });
  }

  found(faceId: string): void {
    this.acknowledged++;
    this.#found.add(faceId);
  }

  named(faceId: string, externalKey: string): void {
    this.acknowledged++;
    this.#faces.set(faceId, { ...this.#faces.get(faceId)!, externalKey });
  }

  deleted(faceId: string): void {
    this.acknowledged++;
    this.#deleted.add(faceId);
    this.#faces.delete(faceId);
  }

  has(faceId: string): boolean {
    return this.#faces.has(faceId);
  }

  countOf(client: number): number {
    return this.#of(client).length;
  }

  /** One of a client's faces; null: it has none. */
  pick(client: number, random: () => number): string | null {
    const own = this.#of(client);
    return own[Math.floor(random() * own.length)] ?? null;
  }

  #of(client: number): string[] {
    return [...this.#faces].filter(([, face]) => face.client === client).map(([faceId]) => faceId);
  }
}
