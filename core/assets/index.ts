export {
  listAssets,
  readAsset,
  type Asset,
  type AssetFolders,
  type Digests,
  type ResolveAsset,
} from './assets.ts';
