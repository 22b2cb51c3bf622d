/** What this server is called at the identity provider, and where that answers. */
export type ServiceProvider = { readonly entityId: string; readonly acsUrl: string };
