import type { ReactNode } from "react";
import { Failure } from "./failure";
import { LoadingRows } from "./loading";

/** What is known of a list: its items, or why they cannot be had. */
export interface Listed<T> {
  data: T[] | undefined;
  error: Error | null;
  refetch: () => unknown;
}

interface ListingProps<T> {
  query: Listed<T>;
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
