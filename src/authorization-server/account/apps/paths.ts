/** All apps that a person connected, by page. */
export const APPS_PATH = "/account/apps";
/** What happened with them, by page. */
export const TIMELINE_PATH = "/account/timeline";

/** The parameter that says after which one a page begins. */
export const AFTER = "after";
