import { useSyncExternalStore } from "react";

const KEY = "rookery.token";
const listeners = new Set<() => void>();
let refused: string | null = null;

export interface TokenState {
  token: string | null;
  /** The server said no to the stored token. */
  refused: boolean;
}

let snapshot: TokenState = read();

function read(): TokenState {
  const token = localStorage.getItem(KEY);
  return { token, refused: token !== null && token === refused };
}

function changed(): void {
  snapshot = read();
  for (const listener of listeners) {
    listener();
  }
}

export function currentToken(): string | null {
  return snapshot.token;
}

export function keepToken(token: string): void {
  refused = null;
  localStorage.setItem(KEY, token.trim());
  changed();
}

export function forgetToken(): void {
  refused = null;
  localStorage.removeItem(KEY);
  changed();
}

/** Note that the server refused a token. A newer one stays as it is. */
export function refuseToken(token: string): void {
  if (token === snapshot.token) {
    refused = token;
    changed();
  }
}

/** Take a token out of the address bar (`#token=rk_…`) into the store, so that it is neither shared nor bookmarked. */
export function takeTokenFromAddress(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) {
    history.replaceState(history.state, "", location.pathname + location.search);
    keepToken(token);
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", changed);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", changed);
  };
}

/** The token, kept up to date across tabs. */
export function useToken(): TokenState {
  return useSyncExternalStore(subscribe, () => snapshot);
}

/** Enough of a token to tell it from another, too little to use it. */
export function masked(token: string): string {
  return token.length > 12 ? `${token.slice(0, 3)}…${token.slice(-4)}` : "…";
}
