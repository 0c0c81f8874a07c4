export { keepReceipt, readReceipt, receiptsDirOf, receiptsIn, receiptText } from './receipts.ts';
