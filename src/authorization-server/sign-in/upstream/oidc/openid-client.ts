/** Loaded at the first use: a server that signs in people by itself never needs it. */
export const openidClient = () => import("openid-client");
