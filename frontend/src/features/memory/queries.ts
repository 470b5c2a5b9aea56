import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { Memory, NewMemory } from "@/api/types";
import { type MemoryFilter, whereOf } from "./filter";

export const PAGE = 30;
const STATE_MS = 30_000;

/** The memory that is meant: ids are unique within a namespace only. */
export type MemoryName = Pick<Memory, "id" | "namespace">;

/** Memories, newest first. */
export function useMemories(filter: MemoryFilter, enabled: boolean) {
  const { namespaces, tags, ...where } = whereOf(filter);
  return useInfiniteQuery({
    queryKey: ["memories", "list", where, namespaces, tags],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/v1/memories", {
          params: {
            query: {
              ...where,
              namespace: namespaces ?? undefined,
              tag: tags,
              limit: PAGE,
              cursor: pageParam,
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    select: ({ pages }) => pages.flatMap((page) => page.items),
    placeholderData: keepPreviousData,
    enabled,
  });
}

/** Memories that a search found, best first, and what was degraded in it. */
export function useMemorySearch(filter: MemoryFilter) {
  const { tags, ...where } = whereOf(filter);
  return useQuery({
    queryKey: ["memories", "search", filter.query, where, tags],
    queryFn: ({ signal }) =>
      unwrap(
        api.POST("/v1/memories/search", {
          body: { ...where, query: filter.query, tags_any: tags, tags_all: [], limit: PAGE },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    enabled: filter.query !== "",
  });
}

/** Which namespaces there are, how the machine stands with others, and what is degraded. */
export function useMemoryState() {
  return useQuery({
    queryKey: ["memories", "state"],
    queryFn: ({ signal }) => unwrap(api.GET("/v1/memories/state", { signal })),
    refetchInterval: STATE_MS,
  });
}

/** All versions of a memory: the one that holds, then newest first. */
export function useHistory({ id, namespace }: MemoryName) {
  return useQuery({
    queryKey: ["memories", "history", namespace, id],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/v1/memories/{memory_id}/history", {
          params: { path: { memory_id: id }, query: { namespace } },
          signal,
        }),
      ),
    select: (history) => history.items,
  });
}

/** Forget a memory. `onForgotten` is called before the lists are read again. */
export function useForget(onForgotten: () => void) {
  const renew = useRenewal();
  return useMutation({
    mutationFn: ({ id, namespace }: MemoryName) =>
      unwrap(
        api.DELETE("/v1/memories/{memory_id}", { params: { path: { memory_id: id }, query: { namespace } } }),
      ),
    onSuccess: () => {
      onForgotten();
      return renew();
    },
  });
}

export function useRemember() {
  return useMutation({
    mutationFn: (body: NewMemory) => unwrap(api.POST("/v1/memories", { body })),
    onSuccess: useRenewal(),
  });
}

/** Store the memories of a file; returns how many it holds. */
export function useImport() {
  return useMutation({
    mutationFn: async (file: File) => {
      const body = await textOf(file);
      const headers = { "Content-Type": "application/jsonl" };
      const sent = api.POST("/v1/memories/import", { body, headers, bodySerializer: (text) => text });
      return (await unwrap(sent)).memories;
    },
    onSuccess: useRenewal(),
  });
}

/** Exchange memories with the other machines. */
export function useSync() {
  return useMutation({
    mutationFn: () => unwrap(api.POST("/v1/memories/sync")),
    onSettled: useRenewal(),
  });
}

function useRenewal() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: ["memories"] });
}

async function textOf(file: File): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch (cause) {
    throw new Error(`${file.name} cannot be read as UTF-8 text`, { cause });
  }
}
