import type { DialectName } from '#contract';
import type { SqlStore } from '#core/store';
import type { Dialect } from '../http/dialect.ts';
import { collections } from './collections/index.ts';
import { devices, type DevicesOptions } from './devices/index.ts';
import { faceauth } from './faceauth/index.ts';
import { facesmash, type FaceSmashOptions } from './facesmash/index.ts';
import { realeyes, type RealeyesOptions } from './realeyes/index.ts';
import { uqudo } from './uqudo/index.ts';

/** What all documented APIs together work with. */
export interface DialectsOptions extends RealeyesOptions, FaceSmashOptions, DevicesOptions {
  readonly store: SqlStore;
}

const MAKE: Readonly<Record<DialectName, (options: DialectsOptions) => Dialect>> = {
  realeyes,
  collections,
  faceauth,
  uqudo,
  facesmash,
  devices,
};

/** All documented APIs of the server. */
export const dialects = (options: DialectsOptions): readonly Dialect[] =>
  Object.values(MAKE).map((make) => make(options));
