import { config } from 'zod';

// Before any schema is made: the content security policy forbids the code that Zod would generate.
config({ jitless: true });
