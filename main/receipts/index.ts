export { keepReceipt, receiptsDirOf, receiptText } from './receipts.ts';
