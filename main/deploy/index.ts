export { kioskPolicy, managedPolicyDir, policyGaps } from './managed-policy.ts';
