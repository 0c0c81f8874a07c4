export { overwritePin, resetPin } from './console.ts';
export { createOperator, type Operator } from './operator.ts';
export { tellSetupCode } from './setup-code.ts';
export { createSignIn, type SignIn } from './sign-in.ts';
