export { EMPTY_LOG, headOf, link, linkCheckpoint, type Link } from './chain.ts';
export {
  generateDeviceKey,
  openDeviceKey,
  openSigned,
  verifySignature,
  type DeviceKey,
  type Purpose,
} from './device-key.ts';
export { signReceipt, verifyReceipt, type Erasure } from './receipt.ts';
export { readSigned } from './signed-document.ts';
export { verifyLog, type AuditReport, type VerifyOptions } from './verify.ts';
