export { keepReceipt, readReceipt, receiptsDirOf, receiptText } from './receipts.ts';
