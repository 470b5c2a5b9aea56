import { useRouteError } from "react-router";
import { Failure } from "@/components/states/failure";

const NOT_LOADED = /dynamically imported module|importing a module|module script/i;

/** Shown in place of a page that broke, or whose code could not be loaded. */
export function Crash() {
  const thrown = useRouteError();
  return (
    <div className="pt-16">
      <h1 className="sr-only">Error</h1>
      <Failure error={explained(thrown)} retry={() => location.reload()} />
    </div>
  );
}

function explained(thrown: unknown): Error {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return NOT_LOADED.test(error.message)
    ? new Error(
        "Its code could not be loaded. The server may be away, or was updated since this tab was opened.",
      )
    : error;
}
