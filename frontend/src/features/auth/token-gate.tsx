import type { ReactNode } from "react";
import { useToken } from "./token";
import { TokenScreen } from "./token-screen";

/** Shows the app with a token, and the token screen without one or with one that was refused. */
export function TokenGate({ children }: { children: ReactNode }) {
  const { token, refused } = useToken();
  return token && !refused ? children : <TokenScreen refused={refused} />;
}
