export { expectVisitor, visitorOf } from './visitors.ts';
