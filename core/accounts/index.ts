export { Accounts, BOOTSTRAP_ACCOUNT, type Caller, type Credentials } from './accounts.ts';
export { PageAccess, type PageGrant } from './page-access.ts';
