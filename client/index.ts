export { ApiError, createClient, type CallOptions, type Client, type ClientOptions } from './client.ts';
