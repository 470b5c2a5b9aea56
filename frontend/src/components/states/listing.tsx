import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Failure } from "./failure";
import { LoadingRows } from "./loading";

interface ListingProps<T> {
  query: Pick<UseQueryResult<T[], Error>, "data" | "error" | "refetch">;
  empty: ReactNode;
  children: (items: T[]) => ReactNode;
}

/** A list in each of its states: on its way, failed, empty, there. */
export function Listing<T>({ query, empty, children }: ListingProps<T>) {
  if (query.data) {
    return query.data.length > 0 ? children(query.data) : empty;
  }
  return query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <LoadingRows />;
}
