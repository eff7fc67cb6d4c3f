fn main() {
    hanse_protogen::compile(&["auth.proto"]);
}
