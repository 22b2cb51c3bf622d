/** Where the sign-in page is, below the issuer. Operators' templates and links of other rooms name it. */
export const LOGIN_PATH = "/oauth/login";
