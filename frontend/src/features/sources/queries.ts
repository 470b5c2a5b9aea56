import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";

export function useSources() {
  return useQuery({
    queryKey: ["sources"],
    queryFn: ({ signal }) => unwrap(api.GET("/v1/sources", { signal })),
    select: (page) => page.items,
  });
}

export function useAddSource() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { location: string; namespace: string }) => unwrap(api.POST("/v1/sources", { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["sources"] }),
  });
}
