export { overwritePin, resetPin } from './console.ts';
export { createOperator, type Operator } from './operator.ts';
export { setupCodeText } from './setup-code.ts';
export { createSignIn, type SignIn } from './sign-in.ts';
