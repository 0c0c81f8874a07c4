import type { ModelSetName } from '#contract';
import { ATTENTION_MESH } from './attention-mesh.ts';
import { BLAZEFACE } from './blazeface.ts';
import { DLIB_RESNET } from './dlib-resnet.ts';
import { LANDMARKS_68 } from './landmarks68.ts';
import { MOBILEFACENET } from './mobilefacenet.ts';
import type { NetworkSet } from './networks.ts';
import { RFB_320 } from './rfb320.ts';

/** The networks that work together, as `sets` in `models/manifest.json` names them. */
export const NETWORK_SETS: Readonly<Record<ModelSetName, NetworkSet>> = {
  default: { detector: RFB_320, landmarker: LANDMARKS_68, embedder: MOBILEFACENET },
  clean: { detector: BLAZEFACE, landmarker: ATTENTION_MESH, embedder: DLIB_RESNET },
};
