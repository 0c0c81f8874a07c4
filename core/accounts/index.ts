export { Accounts, BOOTSTRAP_ACCOUNT, type Caller, type Credentials } from './accounts.ts';
