import { ExternalKey } from '#contract';

/**
 * The external key that stands for a name of whatever characters. A name that may be a key is its own; all others are
 * percent-encoded (RFC 3986), so that other APIs show `John Doe` as `John%20Doe`.
 */
export const keyOfName = (name: string): string =>
  ExternalKey.safeParse(name).success ? name : encodeURIComponent(name.toWellFormed());

/** The name that an external key stands for. */
export function nameOfKey(externalKey: string): string {
  try {
    const name = decodeURIComponent(externalKey);
    return keyOfName(name) === externalKey ? name : externalKey;
  } catch {
    return externalKey;
  }
}
