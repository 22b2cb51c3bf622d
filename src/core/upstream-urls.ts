/** Where a provider sends people back to, below the issuer. */
export function callbackPathOf(method: string): `/${string}` {
  return `/oauth/callback/${method}`;
}

/** Where a provider says that someone signed out there, below the issuer. */
export function logoutPathOf(method: string): `/${string}` {
  return `/oauth/logout/${method}`;
}

/** Where a server's own SAML metadata is, below the issuer. */
export function samlMetadataPathOf(method: string): `/${string}` {
  return `/oauth/saml/${method}`;
}

/** What a server is called at an identity provider with SAML: the URL of its metadata. */
export function samlEntityIdOf(issuer: string, method: string): string {
  return upstreamUrl(issuer, samlMetadataPathOf(method));
}

/**
 * The redirect URI of a method, as it is registered at its provider. As a URL has it: it is compared byte for byte, and built again
 * from a URL for the token request.
 */
export function redirectUriOf(issuer: string, method: string): string {
  return upstreamUrl(issuer, callbackPathOf(method));
}

/** The URL of a method for back-channel logout, as it is registered at its provider. */
export function logoutUriOf(issuer: string, method: string): string {
  return upstreamUrl(issuer, logoutPathOf(method));
}

/**
 * Where a service sends people back to who connect it, below the issuer. Below the path of a sign-in there, so that one registered
 * redirect URI does for both at GitHub, which takes what is below it.
 */
export function connectCallbackPathOf(upstream: string): `/${string}` {
  return `${callbackPathOf(upstream)}/connect`;
}

/** The redirect URI of an upstream, as it is registered at the service. */
export function connectRedirectUriOf(issuer: string, upstream: string): string {
  return upstreamUrl(issuer, connectCallbackPathOf(upstream));
}

function upstreamUrl(issuer: string, path: string): string {
  return new URL(`${issuer.replace(/\/$/, "")}${path}`).href;
}
