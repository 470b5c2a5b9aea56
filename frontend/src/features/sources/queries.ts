import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { everyPage } from "@/api/pages";

const PAGE = 200;

/** The whole library. */
export function useSources() {
  return useQuery({
    queryKey: ["sources"],
    queryFn: ({ signal }) =>
      everyPage((cursor) =>
        unwrap(api.GET("/v1/sources", { params: { query: { limit: PAGE, cursor } }, signal })),
      ),
  });
}

export function useAddSource() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { location: string; namespace: string }) => unwrap(api.POST("/v1/sources", { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["sources"] }),
  });
}

/** Take a document out of the library; what answers quote of it is kept. */
export function useRemoveSource() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(api.DELETE("/v1/sources/{source_id}", { params: { path: { source_id: id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["sources"] }),
  });
}
