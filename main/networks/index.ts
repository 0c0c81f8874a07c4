export {
  addOwnNetwork,
  embedderFor,
  modelIdOfChoice,
  ownNetworks,
  readSpec,
  removeOwnNetwork,
  wholeOwnNetworks,
  type OwnNetworkState,
} from './own-networks.ts';
