export { createOperator, type Operator } from './operator.ts';
export { createSignIn, type SignIn } from './sign-in.ts';
