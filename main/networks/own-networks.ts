import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import {
  LintelError,
  ModelSetName,
  NetworkSpec,
  OwnNetwork,
  OwnNetworkName,
  ownNameOf,
  type AuditEntry,
  type ModelChoice,
} from '#contract';
import { modelIdOf, NETWORK_FAMILIES, tryNetwork, type OwnEmbedder } from '#core/recognition';
import { asLintelError, LOCAL_ACCOUNT, type Store } from '#core/store';
import { changeRow, readRow } from '../secrets/index.ts';

/**
 * The store, which cannot be changed without its key, says which networks were added and vouches for their files by digest:
 * a person who could exchange one would decide who is recognised.
 */
const ROW = 'networks.own';
const MOST_NETWORKS = 16;
const OwnNetworks = z.strictObject({ networks: z.array(OwnNetwork).max(MOST_NETWORKS) });
type OwnNetworks = z.infer<typeof OwnNetworks>;

/** Larger files describe nothing. */
const MOST_SPEC_BYTES = 16_384;

/** Kept in the data folder, by digest. */
const fileOf = (dataDir: string, sha256: string): string => join(dataDir, 'networks', `${sha256}.onnx`);

/** The identity of the embedding network that is chosen. @throws LintelError `model-unknown`, `model-missing` */
export async function modelIdOfChoice(
  store: Store,
  weightsDir: string,
  choice: ModelChoice,
): Promise<string> {
  const own = ownNameOf(choice);
  if (own === null) return await modelIdOf(weightsDir, ModelSetName.parse(choice));
  return (await findOwn(store, own)).modelId;
}

async function findOwn(store: Store, name: string): Promise<OwnNetwork> {
  const found = (await ownNetworks(store)).find((network) => network.name === name);
  if (found === undefined) throw new LintelError('model-unknown', `(${name})`);
  return found;
}

export async function ownNetworks(store: Store): Promise<OwnNetwork[]> {
  return (await readRow(store, ROW, OwnNetworks))?.networks ?? [];
}

/** @throws LintelError `model-unknown` */
export async function embedderFor(store: Store, dataDir: string, name: string): Promise<OwnEmbedder> {
  const { modelId, sha256, spec } = await findOwn(store, name);
  return { modelId, sha256, spec, path: fileOf(dataDir, sha256) };
}

/**
 * A description by the name of a family, or by a JSON file: a family with changes, or everything by itself.
 * @throws LintelError `usage`
 */
export async function readSpec(named: string): Promise<NetworkSpec> {
  if (isFamily(named)) return NETWORK_FAMILIES[named];
  const families = Object.keys(NETWORK_FAMILIES).join(', ');
  try {
    if ((await stat(named)).size > MOST_SPEC_BYTES) throw new Error('too large');
    const given = Described.parse(JSON.parse(await readFile(named, 'utf8')));
    const { family, ...changes } = given;
    return NetworkSpec.parse({ ...(family && NETWORK_FAMILIES[family]), ...changes });
  } catch (error) {
    const wrong = error instanceof z.ZodError ? ` (${error.issues[0]?.path.join('.') ?? ''})` : '';
    throw new LintelError(
      'usage',
      `A description is one of ${families}, or a JSON file with the fields that docs/recognition.md names${wrong}.`,
      { cause: error },
    );
  }
}

type Family = keyof typeof NETWORK_FAMILIES;
const FAMILIES = Object.keys(NETWORK_FAMILIES) as [Family, ...Family[]];
const isFamily = (name: string): name is Family => Object.hasOwn(NETWORK_FAMILIES, name);
const Described = NetworkSpec.partial().extend({ family: z.enum(FAMILIES).optional() });

/**
 * Take an embedding network in: it is looked through, run on noise, copied into the data folder, and noted in the store.
 * It decides nothing before it is calibrated. Where it cannot be noted, no file of it stays.
 * @returns the network, and milliseconds for one face
 * @throws LintelError `usage`, `model-unfit`, `file-exists` for a name that is taken, `store-full`
 */
export async function addOwnNetwork(
  store: Store,
  dataDir: string,
  { file, name, licence, spec }: { file: string; name: string; licence: string; spec: NetworkSpec },
): Promise<{ network: OwnNetwork; milliseconds: number }> {
  if (!OwnNetworkName.safeParse(name).success) {
    throw new LintelError(
      'usage',
      'A name has 1 to 32 of a to z, 0 to 9, - and _, and begins with a letter or digit.',
    );
  }
  if (!OwnNetwork.shape.licence.safeParse(licence).success) {
    throw new LintelError('usage', 'Say with --licence under which terms the network may be used here.');
  }
  const { bytes, sha256, milliseconds } = await tryNetwork(file, spec);
  const network = OwnNetwork.parse({
    name,
    modelId: idOf(name, sha256, spec),
    sha256,
    bytes: bytes.length,
    licence,
    spec,
    addedAt: new Date().toISOString(),
  });
  try {
    await mkdir(join(dataDir, 'networks'), { recursive: true, mode: 0o700 });
    await writeFileAtomic(fileOf(dataDir, sha256), Buffer.from(bytes), { mode: 0o600 });
    const change = (row: OwnNetworks | null) => withAnother(row?.networks ?? [], network);
    await changeRow(store, ROW, OwnNetworks, change, entryOf(network, 'added'));
  } catch (error) {
    await removeUnnoted(store, dataDir, sha256);
    throw asLintelError(error);
  }
  return { network, milliseconds };
}

function withAnother(networks: readonly OwnNetwork[], network: OwnNetwork): OwnNetworks {
  if (networks.some(({ name }) => name === network.name)) {
    throw new LintelError('file-exists', `(network ${network.name})`);
  }
  if (networks.length >= MOST_NETWORKS) {
    throw new LintelError('usage', `There are ${MOST_NETWORKS} networks already; remove one first.`);
  }
  return { networks: [...networks, network] };
}

/** @throws LintelError `model-unknown`, `model-in-use` for one that people are recognised with */
export async function removeOwnNetwork(store: Store, dataDir: string, name: string): Promise<OwnNetwork> {
  const network = await findOwn(store, name);
  if ((await store.servingModel(LOCAL_ACCOUNT)) === network.modelId) throw new LintelError('model-in-use');
  const without = (row: OwnNetworks | null) => ({
    networks: (row?.networks ?? []).filter((other) => other.name !== name),
  });
  await changeRow(store, ROW, OwnNetworks, without, entryOf(network, 'removed'));
  await removeUnnoted(store, dataDir, network.sha256);
  return network;
}

/** Remove a file that no network of the store has; several may be one file that is fed in different ways. */
async function removeUnnoted(store: Store, dataDir: string, sha256: string): Promise<void> {
  const networks = await ownNetworks(store);
  if (!networks.some((network) => network.sha256 === sha256)) {
    await rm(fileOf(dataDir, sha256), { force: true });
  }
}

export interface OwnNetworkState extends OwnNetwork {
  /** Whether its file is there and has the digest that it had when it was added. */
  readonly isWhole: boolean;
}

/** Every network that was added, with what is left of its file. */
export async function wholeOwnNetworks(store: Store, dataDir: string): Promise<OwnNetworkState[]> {
  const all = await ownNetworks(store);
  return await Promise.all(
    all.map(async (network) => {
      const bytes = await readFile(fileOf(dataDir, network.sha256)).catch(() => null);
      const isWhole = bytes !== null && createHash('sha256').update(bytes).digest('hex') === network.sha256;
      return { ...network, isWhole };
    }),
  );
}

/** The same file fed in another way makes other templates: file and description together name the model. */
const idOf = (name: string, sha256: string, spec: NetworkSpec): string =>
  `own-${name}-${createHash('sha256')
    .update(`${sha256} ${JSON.stringify(NetworkSpec.parse(spec))}`)
    .digest('hex')
    .slice(0, 12)}`;

const entryOf = ({ name, sha256 }: OwnNetwork, what: string): AuditEntry => ({
  kind: 'settings-changed',
  changes: { network: name, sha256, what },
});
