import { useRouteError } from "react-router";
import { Failure } from "@/components/states/failure";

/** Shown when a page breaks or its code cannot be loaded, as after an update of the server. */
export function Crash() {
  const thrown = useRouteError();
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return (
    <main className="grid min-h-dvh place-items-center">
      <Failure error={error} retry={() => location.reload()} />
    </main>
  );
}
